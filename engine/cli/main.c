/* The program: picks the command, parses its options by the table, prints help. Must not know what any command does. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#ifndef HOSTPRINT_VERSION
#error "HOSTPRINT_VERSION comes from the Makefile"
#endif

/* In the order of the help. */
static const struct command *const commands[] = {
    &command_detect,   &command_collect, &command_import,      &command_classify, &command_explain, &command_check,
    &command_forge,    &command_compare, &command_distinguish, &command_diff,     &command_diff_db, &command_catalog,
    &command_compile,  &command_new,     &command_lint,        &command_test,     &command_fmt,     &command_ablate,
    &command_evaluate, &command_mutate,  &command_store,       &command_rejudge,  &command_query,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void print_commands(FILE *out) {
  fprintf(out, "usage: hostprint [COMMAND] [OPTION...] [ARGUMENT...]\n"
               "Tells what a machine is running on, and how it knows. Without a command: detect.\n\n");
  for (size_t i = 0; i < COMMANDS; i++) fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
  fprintf(out, "\n`hostprint COMMAND --help` tells more; `hostprint --version` prints the version.\n"
               "Exit codes: 0 a verdict, 1 unknown, 2 usage, 3 bad input, 4 bad rules, 5 evidence DB, 6 internal.\n");
}

static void print_command(FILE *out, const struct command *command) {
  fprintf(out, "usage: hostprint %s [OPTION...]%s%s\n%s.\n\n", command->name, command->arguments[0] ? " " : "", command->arguments, command->summary);
  for (const struct option_spec *option = command->options; option->name; option++) {
    char left[64];
    snprintf(left, sizeof left, "%c%c%s --%s%s%s", option->letter ? '-' : ' ', option->letter ? option->letter : ' ', option->letter ? "," : " ",
             option->name, option->argument ? " " : "", option->argument ? option->argument : "");
    fprintf(out, "  %-26s %s\n", left, option->help);
  }
  fprintf(out, "  %-26s %s\n", "-h, --help", "print this");
  if (command->notes) fprintf(out, "\n%s\n", command->notes);
}

/* A page for man(1), from the same tables as the help. */
static void print_manual(void) {
  printf(".TH HOSTPRINT 1 \"\" \"hostprint %s\"\n.SH NAME\nhostprint \\- tell what a machine is running on, and how it knows\n", HOSTPRINT_VERSION);
  printf(".SH SYNOPSIS\n.B hostprint\n[COMMAND] [OPTION...] [ARGUMENT...]\n.SH COMMANDS\n");
  for (size_t i = 0; i < COMMANDS; i++) {
    const struct command *command = commands[i];
    printf(".SS %s %s\n%s.\n%s%s", command->name, command->arguments, command->summary, command->notes ? command->notes : "",
           command->notes ? "\n" : "");
    for (const struct option_spec *option = command->options; option->name; option++)
      printf(".TP\n.B \\-\\-%s %s\n%s\n", option->name, option->argument ? option->argument : "", option->help);
  }
  printf(".SH EXIT STATUS\n0 a verdict, 1 unknown, 2 usage, 3 bad input, 4 bad rules, 5 evidence DB, 6 internal.\n"
         ".SH ENVIRONMENT\n.TP\n.B HOSTPRINT_DB\nthe evidence DB\n.TP\n.B NO_COLOR\nno colour on terminals\n");
}

static const struct command *find_command(const char *name) {
  for (size_t i = 0; i < COMMANDS; i++)
    if (strcmp(commands[i]->name, name) == 0) return commands[i];
  return NULL;
}

#define HELP 256      /* value of --help, past every place in an option table */
#define LONG_ONLY 512 /* added to the place of an option, out of the way of letters */

/* getopt's two tables from ours. */
static void getopt_tables(const struct command *command, struct option *longs, char *shorts) {
  size_t count = 0, letters = 0;
  shorts[letters++] = ':';
  shorts[letters++] = 'h';
  for (; command->options[count].name; count++) {
    const struct option_spec *option = &command->options[count];
    longs[count] =
        (struct option){.name = option->name, .has_arg = option->argument ? required_argument : no_argument, .val = LONG_ONLY + (int)count};
    if (option->letter) shorts[letters++] = option->letter;
    if (option->letter && option->argument) shorts[letters++] = ':';
  }
  longs[count] = (struct option){.name = "help", .val = HELP};
  longs[count + 1] = (struct option){0};
  shorts[letters] = 0;
}

static int place_of(const struct command *command, int found) {
  if (found >= LONG_ONLY) return found - LONG_ONLY;
  for (int i = 0; command->options[i].name; i++)
    if (command->options[i].letter == found) return i;
  return -1;
}

/* -1: run it; else the exit code. */
static int parse(struct cli *cli, int count, char **words) {
  struct option longs[CLI_OPTIONS + 2];
  char shorts[2 * CLI_OPTIONS + 3];
  int found;
  getopt_tables(cli->command, longs, shorts);
  opterr = 0;
  optind = 1;
  while ((found = getopt_long(count, words, shorts, longs, NULL)) != -1) {
    if (found == 'h' || found == HELP) {
      print_command(stdout, cli->command);
      return EXIT_VERDICT;
    }
    if (found == ':') return cli_usage(cli, "%s needs a value", words[optind - 1]);
    int place = found == '?' ? -1 : place_of(cli->command, found);
    if (place < 0) return cli_usage(cli, "there is no option %s", words[optind - 1]);
    cli->values[place] = optarg ? optarg : "";
  }
  cli->arguments = (const char *const *)words + optind;
  cli->argument_count = (size_t)(count - optind);
  return -1;
}

static int run(const struct command *command, int count, char **words) {
  struct cli cli = {.command = command, .arena = arena_new(), .diags = diag_list_new()};
  int code = EXIT_INTERNAL;
  if (cli.arena && cli.diags) {
    code = parse(&cli, count, words);
    if (code < 0) code = command->run(&cli);
    int complaint = cli_complain(&cli);
    if (complaint != EXIT_VERDICT) code = complaint;
  }
  diag_list_free(cli.diags);
  arena_free(cli.arena);
  if (fflush(stdout) != 0 && code == EXIT_VERDICT) code = EXIT_INPUT;
  return code;
}

int main(int count, char **words) {
  const char *first = count > 1 ? words[1] : NULL;
  if (first && (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0)) {
    const struct command *about = count > 2 ? find_command(words[2]) : NULL;
    if (about)
      print_command(stdout, about);
    else
      print_commands(stdout);
    return EXIT_VERDICT;
  }
  if (first && strcmp(first, "--version") == 0) {
    puts("hostprint " HOSTPRINT_VERSION);
    return EXIT_VERDICT;
  }
  if (first && strcmp(first, "--manual") == 0) {
    print_manual();
    return EXIT_VERDICT;
  }
  if (!first || first[0] == '-') return run(&command_detect, count, words);
  const struct command *command = find_command(first);
  if (command) return run(command, count - 1, words + 1);
  const char *names[COMMANDS];
  for (size_t i = 0; i < COMMANDS; i++) names[i] = commands[i]->name;
  const char *near = status_nearest(first, names, COMMANDS);
  fprintf(stderr, "hostprint: there is no command %s%s%s%s; `hostprint --help` lists them\n", first, near ? " (did you mean " : "", near ? near : "",
          near ? "?)" : "");
  return EXIT_USAGE;
}
