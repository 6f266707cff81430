// @ts-check
// A rank that measures: the median time of an all-reduce, for each of the numbers of floats that it is given.
import { mpi } from '@resfn/collective/mpi'

const started = await mpi()()
if (started._tag === 'Left') throw new Error(started.left.message)
const { rank, size, allReduce, barrier, close } = started.right

for (const length of process.argv.slice(2).map(Number)) {
  const values = new Float32Array(length).fill(rank)
  const times = []
  for (let i = 0; i < 6; i++) {
    await barrier()
    const begin = performance.now()
    const sum = await allReduce(values)()
    if (sum._tag === 'Left') throw new Error(sum.left.message)
    // The first one opens connections.
    if (i > 0) times.push((performance.now() - begin) / 1000)
  }
  const seconds = times.toSorted((a, b) => a - b)[times.length >> 1]
  if (rank === 0) console.log(JSON.stringify({ ranks: size, bytes: 4 * length, seconds }))
}
await close()
