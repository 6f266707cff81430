import type { ImageSet } from '@resfn/batches'
import type { Moments } from '@resfn/transforms'

/** The images of a lesson. */
export type LessonData = {
  /** What people call them. */
  readonly title: string
  readonly train: ImageSet
  readonly test: ImageSet
  /** Mean and deviation of each channel of the training images, from 0 to 1. */
  readonly moments: Moments
}

/** Where a lesson keeps what it has so far: files by name, each written whole or not at all. */
export type Store = {
  /** undefined where there is no such file */
  readonly read: (name: string) => Promise<Uint8Array | undefined>
  readonly write: (name: string, content: Uint8Array | string) => Promise<void>
  readonly remove: (name: string) => Promise<void>
}

/** What a cell is measured with. */
export type Tools = {
  readonly data: LessonData
  readonly store: Store
  /** Aborts when the lesson is to stop. */
  readonly signal: AbortSignal
  /** Tells how far the cell is. */
  readonly say: (text: string) => void
}
