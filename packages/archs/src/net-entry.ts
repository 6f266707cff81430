import { type AnyLayer, type Layer, type Shape, untyped } from '@resfn/layer'
import type { KeyMap } from './key-map.ts'

/** A net by name: what it is, what it was drawn for, and how to make it for other classes. */
export type NetEntry = {
  readonly description: string
  /** the input that it was drawn for */
  readonly input: Shape
  /** the classes that it was drawn for */
  readonly classes: number
  /** the formats of checkpoints that hold its weights, each with its key map; the usual one first */
  readonly keys?: { readonly [format: string]: KeyMap }
  /** makes it; its trees are known at run time only */
  readonly make: (options: { readonly classes: number }) => Layer<unknown, unknown>
}

/** The nets of a family by name: its rows of the table `nets`. */
export type Nets = { readonly [name: string]: NetEntry }

/** A row of the table. */
export const entry = (
  row: Omit<NetEntry, 'make'>,
  make: (options: { readonly classes: number }) => AnyLayer,
): NetEntry => ({ ...row, make: (options) => untyped(make(options)) })
