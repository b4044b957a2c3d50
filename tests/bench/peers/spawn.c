/* Runs commands in turn, pinned to a processor, with nothing to read and nowhere to print, and tells what each run cost.
 * usage: spawn ROUNDS PROCESSOR|- COMMAND... [::: COMMAND...]...
 *
 * One line a run: number of the command, wall seconds, CPU seconds, peak memory in KiB, exit status (128 + signal), and the
 * last line the command printed on standard error. A program of its own because the peak memory of a child counts what its
 * parent was when it forked, and because a large parent forks slowly. */
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 8
#define TALK_BYTES 512

extern char **environ;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec * 1e-6; }

/* The last line that stands in the file, without its end, in talk. */
static void last_line(int file, char talk[TALK_BYTES]) {
  off_t size = lseek(file, 0, SEEK_END), from = size > TALK_BYTES - 1 ? size - (TALK_BYTES - 1) : 0;
  ssize_t got = pread(file, talk, TALK_BYTES - 1, from);
  size_t length = got > 0 ? (size_t)got : 0;
  length -= length > 0 && talk[length - 1] == '\n';
  talk[length] = 0;
  const char *line = strrchr(talk, '\n');
  if (line) memmove(talk, line + 1, strlen(line + 1) + 1);
}

static int run(size_t number, char **command, int talk_file) {
  posix_spawn_file_actions_t actions;
  struct rusage used;
  char talk[TALK_BYTES];
  pid_t child;
  int status = 0;
  if (ftruncate(talk_file, 0) || lseek(talk_file, 0, SEEK_SET) || posix_spawn_file_actions_init(&actions)) return -1;
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, talk_file, 2);
  double start = now();
  int failed = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
  if (!failed) wait4(child, &status, 0, &used);
  double wall = now() - start;
  posix_spawn_file_actions_destroy(&actions);
  if (failed) {
    fprintf(stderr, "spawn: %s: %s\n", command[0], strerror(failed));
    return -1;
  }
  last_line(talk_file, talk);
  printf("%zu\t%.9f\t%.6f\t%ld\t%d\t%s\n", number, wall, seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), talk);
  return 0;
}

static void pin(const char *processor) {
  cpu_set_t set;
  if (strcmp(processor, "-") == 0) return;
  CPU_ZERO(&set);
  CPU_SET(strtoul(processor, NULL, 10) % CPU_SETSIZE, &set);
  sched_setaffinity(0, sizeof set, &set);
}

/* Splits the arguments at ":::" in place; how many commands. */
static size_t split(char **arguments, char **commands[COMMANDS]) {
  size_t count = 0;
  for (char **at = arguments; *at && count < COMMANDS; at++) {
    commands[count++] = at;
    while (*at && strcmp(*at, ":::") != 0) at++;
    if (!*at) break;
    *at = NULL;
  }
  return count;
}

int main(int count, char **arguments) {
  char **commands[COMMANDS], name[] = "/tmp/bench-XXXXXX";
  if (count < 4) return 2;
  size_t rounds = strtoul(arguments[1], NULL, 10), many = split(arguments + 3, commands);
  int talk_file = mkostemp(name, O_CLOEXEC), code = 0;
  unlink(name);
  pin(arguments[2]);
  for (size_t round = 0; round < rounds && !code; round++)
    for (size_t i = 0; i < many && !code; i++) code = run(i, commands[i], talk_file);
  return code ? 1 : 0;
}
