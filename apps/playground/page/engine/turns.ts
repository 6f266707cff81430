/** Tasks that run one after the other, whenever someone lets them. */
export type Turns = {
  readonly add: <A>(task: () => Promise<A>) => Promise<A>
  /** Runs all that wait. */
  readonly drain: () => Promise<void>
  readonly isEmpty: () => boolean
}

/** An empty queue; `arrived` is told of each task that is added. */
export const createTurns = (arrived: () => void): Turns => {
  const waiting: (() => Promise<void>)[] = []
  let draining: Promise<void> = Promise.resolve()
  return {
    add: (task) =>
      new Promise((resolve, reject) => {
        waiting.push(() => task().then(resolve, reject))
        arrived()
      }),
    isEmpty: () => waiting.length === 0,
    drain: () => {
      draining = draining.then(async () => {
        for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await task()
      })
      return draining
    },
  }
}
