// The last training, kept in the browser's database: it survives a reload.
import { del, get, set } from 'idb-keyval'
import type { Task } from '../engine/protocol.ts'
import type { Curve } from './curves.ts'

/** A training that can go on. */
export type Kept = {
  readonly version: 1
  readonly task: Task
  readonly curves: readonly Curve[]
  readonly checkpoints: readonly Uint8Array[]
}

const place = 'training'

export const keep = (kept: Kept): Promise<void> => set(place, kept)

export const forget = (): Promise<void> => del(place)

/** The kept training; nothing where there is none, or a page of another version wrote it. */
export const recall = async (): Promise<Kept | undefined> => {
  const found = await get<Kept>(place)
  return found?.version === 1 ? found : undefined
}
