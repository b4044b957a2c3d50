/* See os.h: signals that ask for an orderly end, and waiting that they can cut short. Must not know what is being done. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "os_inside.h"

static const int asked_for[] = {SIGINT, SIGTERM};
#define ASKED (sizeof asked_for / sizeof *asked_for)

static volatile sig_atomic_t caught;

static void note(int number) {
  if (!caught) caught = number;
}

void os_catch(void) {
  for (size_t i = 0; i < ASKED; i++) {
    struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND}, old;
    sigemptyset(&action.sa_mask);
    if (sigaction(asked_for[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) sigaction(asked_for[i], &action, NULL);
  }
}

static void hold(bool held, sigset_t *before) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < ASKED; i++) sigaddset(&set, asked_for[i]);
  pthread_sigmask(held ? SIG_BLOCK : SIG_UNBLOCK, &set, before);
}

void os_hold(bool held) { hold(held, NULL); }

int os_caught(void) { return caught; }

/* Between the look at what was caught and the wait the signals are held back, so that none goes by unseen. */
int os_fd_wait(int fd) {
  struct pollfd item = {.fd = fd, .events = POLLIN};
  sigset_t before;
  int ready = 0, error = 0;
  hold(true, &before);
  while (!ready && !caught && !error) {
    ready = ppoll(&item, 1, NULL, &before);
    if (ready < 0) error = errno == EINTR ? 0 : errno;
    if (ready < 0) ready = 0;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error ? error : ready ? 0 : EINTR;
}
