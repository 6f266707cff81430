export { type Watch, watchRanks, type WatchOptions } from './watch.ts'
