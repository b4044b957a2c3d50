/* The library's face: a DB opened, reports judged, every failure with a reason, nothing printed. */
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "engine/hostprint.h"

static int judged(struct hp_judge *judge, const char *report, const char **verdict) {
  return hp_judge_report(judge, report, strlen(report), verdict);
}

int main(void) {
  struct hp_base *base = NULL;
  char why[256] = "";
  const char *verdict = NULL;
  CHECK(hp_open("/nonexistent.db", &base, why, sizeof why) == HP_DB && base == NULL && why[0]);
  CHECK(hp_open(getenv("HOSTPRINT_DB"), &base, why, sizeof why) == HP_OK && base);
  if (!base) return check_end("hostprint");
  CHECK(strlen(hp_base_sha256(base)) == 64 && hp_version()[0]);
  struct hp_judge *one = hp_judge_new(base), *other = hp_judge_new(base);
  CHECK(one && other);
  CHECK(judged(one, "{\"schema\":\"hostprint.report/1\",\"id\":\"a\",\"facts\":{\"cpu\":{\"hypervisor\":\"KVMKVMKVM\"}}}", &verdict) == HP_OK);
  CHECK(verdict && strstr(verdict, "\"hostprint.verdict/1\"") && strstr(verdict, "\"report\":\"a\"") && strstr(verdict, "\"kvm\""));
  CHECK(hp_judge_why(one)[0] == 0);
  CHECK(judged(other, "{", &verdict) == HP_INPUT && hp_judge_why(other)[0]);
  CHECK(judged(other, "{\"schema\":\"hostprint.report/1\",\"facts\":{}}", &verdict) == HP_OK && strstr(verdict, "\"unknown\""));
  hp_judge_free(one);
  hp_judge_free(other);
  hp_close(base);
  hp_close(NULL);
  return check_end("hostprint");
}
