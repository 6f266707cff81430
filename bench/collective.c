// All-reduce of floats in C, for collective.mjs: `collective COUNT ROUNDS`. Prints the times of each round in
// milliseconds, of MPI_Allreduce and of a ring that this program does itself, as rank 0 sees them.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, size;

static size_t start_of(size_t count, int share) { return count * (size_t)share / (size_t)size; }

/** Reduce-scatter, then all-gather: each step sends a share to the right and takes one from the left. */
static void ring(const float *values, float *sum, float *taken, size_t count) {
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  memcpy(sum, values, count * sizeof *sum);
  for (int step = 0; step < 2 * (size - 1); step++) {
    const int gives = (rank - step + 2 * size) % size, takes = (rank - step - 1 + 2 * size) % size;
    const size_t from = start_of(count, takes), length = start_of(count, takes + 1) - from;
    const size_t given = start_of(count, gives), given_length = start_of(count, gives + 1) - given;
    const int is_sum = step < size - 1;
    MPI_Sendrecv(sum + given, (int)given_length, MPI_FLOAT, right, 0, is_sum ? taken : sum + from, (int)length, MPI_FLOAT, left,
                 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (is_sum)
      for (size_t i = 0; i < length; i++) sum[from + i] += taken[i];
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const size_t count = strtoul(argc > 1 ? argv[1] : "11200000", NULL, 10);
  const int rounds = argc > 2 ? atoi(argv[2]) : 10;
  float *values = malloc(count * sizeof *values);
  float *sum = malloc(count * sizeof *sum);
  float *taken = malloc((count / (size_t)size + 1) * sizeof *taken);
  for (size_t i = 0; i < count; i++) values[i] = (float)(i % 1000) + (float)rank;
  for (int round = 0; round < rounds; round++) {
    double times[2];
    for (int which = 0; which < 2; which++) {
      MPI_Barrier(MPI_COMM_WORLD);
      const double begin = MPI_Wtime();
      if (which == 0) MPI_Allreduce(values, sum, (int)count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
      else ring(values, sum, taken, count);
      times[which] = 1000 * (MPI_Wtime() - begin);
    }
    if (rank == 0) printf("{\"allreduce\":%.3f,\"ring\":%.3f}\n", times[0], times[1]);
  }
  MPI_Finalize();
  return 0;
}
