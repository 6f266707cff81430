// `wire MBIT MS NAMESPACE…` joins network namespaces by a switch in user space: each host has a full-duplex port of MBIT
// a second and is MS milliseconds from every other. It makes the device eth0 in each, says "ready", and obeys "cut N"
// and "join N" (from 0) on its input. It needs no queueing discipline of the kernel, of which netem is often missing.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { HOSTS = 64, LARGEST = 65536 };

typedef struct packet { struct packet *next; double due; int size; unsigned char bytes[]; } packet;
/** When each direction of a port is free again, in seconds, and what is on its way to the host. */
typedef struct { int device, is_cut; double out_free, in_free; packet *first, **last; } port;

static port ports[HOSTS];
/** What a port of a switch holds before it drops, in seconds of its rate. */
static const double queue = 0.05;

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + 1e-9 * at.tv_nsec;
}

static void fail(const char *what) { perror(what); exit(1); }

/** The device of a namespace. The process stays in the last one that it entered. */
static int open_device(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", name);
  int space = open(path, O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET) < 0) fail(path);
  close(space);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strcpy(request.ifr_name, "eth0");
  if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0) fail("/dev/net/tun");
  return device;
}

static double later(double a, double b) { return a > b ? a : b; }

/** Puts what a host sends on its way, unless a queue is full. */
static void take(int from, int hosts, double rate, double delay) {
  unsigned char bytes[LARGEST];
  for (ssize_t size; (size = read(ports[from].device, bytes, sizeof bytes)) > 0;) {
    // IPv4 alone; the last byte of the address is the number of the host, from 1.
    int to = size >= 20 && bytes[0] >> 4 == 4 ? bytes[19] - 1 : -1;
    if (to < 0 || to >= hosts || ports[from].is_cut || ports[to].is_cut) continue;
    double at = now(), seconds = size / rate;
    if (ports[from].out_free - at > queue || ports[to].in_free - delay - at > queue) continue;
    ports[from].out_free = later(at, ports[from].out_free) + seconds;
    ports[to].in_free = later(ports[from].out_free + delay, ports[to].in_free + seconds);
    packet *one = malloc(sizeof *one + size);
    *one = (packet){.due = ports[to].in_free, .size = size};
    memcpy(one->bytes, bytes, size);
    *ports[to].last = one;
    ports[to].last = &one->next;
  }
}

/** Gives a host what has arrived, and says when the next comes. */
static double deliver(port *to, double soonest) {
  for (packet *one; (one = to->first) && one->due <= now(); free(one)) {
    to->first = one->next;
    if (!to->first) to->last = &to->first;
    if (!to->is_cut && write(to->device, one->bytes, one->size) < 0) continue;
  }
  return to->first && to->first->due < soonest ? to->first->due : soonest;
}

static void obey(int hosts) {
  char line[64], word[16];
  int host;
  ssize_t size = read(0, line, sizeof line - 1);
  if (size <= 0) exit(0);
  line[size] = 0;
  if (sscanf(line, "%15s %d", word, &host) == 2 && host >= 0 && host < hosts) ports[host].is_cut = word[0] == 'c';
}

int main(int count, char **words) {
  int hosts = count - 3;
  if (hosts < 1 || hosts > HOSTS) return fprintf(stderr, "wire MBIT MS NAMESPACE…\n"), 2;
  double rate = atof(words[1]) * 1e6 / 8, delay = atof(words[2]) / 1e3;
  // A wire does not wait for those who use it.
  if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 50}) < 0) perror("wire: real time");
  struct pollfd waits[HOSTS + 1];
  for (int i = 0; i < hosts; i++) {
    ports[i].device = open_device(words[i + 3]);
    ports[i].last = &ports[i].first;
    waits[i] = (struct pollfd){ports[i].device, POLLIN, 0};
  }
  waits[hosts] = (struct pollfd){0, POLLIN, 0};
  puts("ready");
  fflush(stdout);
  for (;;) {
    double soonest = now() + 1;
    for (int i = 0; i < hosts; i++) soonest = deliver(&ports[i], soonest);
    double wait = later(soonest - now(), 0);
    struct timespec limit = {(time_t)wait, (long)(1e9 * (wait - (time_t)wait))};
    if (ppoll(waits, hosts + 1, &limit, NULL) <= 0) continue;
    for (int i = 0; i < hosts; i++)
      if (waits[i].revents & POLLIN) take(i, hosts, rate, delay);
    if (waits[hosts].revents) obey(hosts);
  }
}
