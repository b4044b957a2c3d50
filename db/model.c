/* rules/model.yaml: likelihood words, layers, forge floors, half-life, temperature. Must not know rule files. */
#include <assert.h>
#include <string.h>

#include "reader.h"

static void read_words(struct reader *reader, const struct yaml_node *map) {
  struct rules *rules = reader->rules;
  rules->words = reader_take(reader, map->count + 1, sizeof *rules->words);
  for (const struct yaml_node *item = map->first; rules->words && item; item = item->next) {
    double probability;
    if (reader_number(item, &probability) && probability > 0 && probability < 1)
      rules->words[rules->word_count++] = (struct rules_word){.word = item->key->text, .probability = probability};
    else
      reader_complain(reader, item, STATUS_RULE_WEIGHT, NULL, "the word \"%.60s\"; expected a number between 0 and 1", item->key->text);
  }
}

static bool read_positive(struct reader *reader, const struct yaml_node *node, double *number) {
  if (!node) return false;
  if (reader_number(node, number) && *number > 0) return true;
  reader_complain(reader, node, STATUS_RULE_WEIGHT, "use a number above 0", "found \"%.60s\"; expected a number above 0", node->text);
  return false;
}

static void read_layer(struct reader *reader, const struct yaml_node *item) {
  static const struct reader_key keys[] = {
      {"title", KEY_REQUIRED, YAML_TEXT}, {"prior", KEY_REQUIRED, YAML_TEXT}, {"known", KEY_OPTIONAL, YAML_TEXT}};
  const struct yaml_node *values[3];
  struct rules *rules = reader->rules;
  struct rules_layer layer = {.id = reader_id(reader, item->key, false)};
  if (!layer.id || !reader_keys(reader, item, keys, 3, values)) return;
  if (strcmp(layer.id, RULES_LIB) == 0 || strcmp(layer.id, RULES_DRAFT) == 0) {
    reader_complain(reader, item->key, STATUS_RULE_LAYER, NULL, "\"%s\" is a directory with a meaning of its own", layer.id);
    return;
  }
  layer.title = reader_text(reader, values[0], "title");
  read_positive(reader, values[2], &layer.known);
  if (read_positive(reader, values[1], &layer.prior) && layer.title) rules->layers[rules->layer_count++] = layer;
}

static void read_layers(struct reader *reader, const struct yaml_node *map) {
  struct rules *rules = reader->rules;
  rules->layers = reader_take(reader, map->count + 1, sizeof *rules->layers);
  for (const struct yaml_node *item = map->first; rules->layers && item; item = item->next) read_layer(reader, item);
}

static void read_floors(struct reader *reader, const struct yaml_node *map) {
  struct reader_key keys[FORGE_COSTS];
  const struct yaml_node *values[FORGE_COSTS];
  for (int i = 0; i < FORGE_COSTS; i++) keys[i] = (struct reader_key){fact_forge_name((enum forge_cost)i), KEY_REQUIRED, YAML_TEXT};
  if (!reader_keys(reader, map, keys, FORGE_COSTS, values)) return;
  for (size_t i = 0; i < FORGE_COSTS; i++) {
    double *floor = &reader->rules->model.forge_floor[i];
    if (!values[i] || (reader_number(values[i], floor) && *floor > 0 && *floor < 1)) continue;
    reader_complain(reader, values[i], STATUS_RULE_WEIGHT, NULL, "found \"%.60s\"; expected a number between 0 and 1", values[i]->text);
  }
}

void reader_model(struct reader *reader, const struct yaml_node *root) {
  static const struct reader_key keys[] = {{"words", KEY_REQUIRED, YAML_MAP},
                                           {"layers", KEY_REQUIRED, YAML_MAP},
                                           {"forge_floor", KEY_REQUIRED, YAML_MAP},
                                           {"half_life_days", KEY_REQUIRED, YAML_TEXT},
                                           {"temperature", KEY_OPTIONAL, YAML_TEXT}};
  const struct yaml_node *values[5];
  assert(reader && root);
  if (!reader_keys(reader, root, keys, 5, values)) return;
  if (values[0]) read_words(reader, values[0]);
  if (values[1]) read_layers(reader, values[1]);
  if (values[2]) read_floors(reader, values[2]);
  read_positive(reader, values[3], &reader->rules->model.half_life_days);
  reader->rules->model.temperature = 1;
  read_positive(reader, values[4], &reader->rules->model.temperature);
}
