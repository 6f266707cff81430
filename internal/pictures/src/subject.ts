import type { AnyLayer, Shape } from '@resfn/layer'
import { layOut } from './layout.ts'
import { type Figure, sizeOf } from './marks.ts'
import { widthOf } from './metrics.ts'
import { nodeOf, type Words } from './node.ts'
import { panels } from './panels.ts'

type OnInput = {
  readonly input: Shape
  /** words for parts that are one box, by their paths */
  readonly words?: Words
}

/** What a picture is of, and what it shows in words: a layer on an input, layers beside one another, or a figure. */
export type Subject = { readonly title: string; readonly description: string } & (
  | { readonly figure: () => Figure }
  | (OnInput & { readonly layer: AnyLayer })
  // by their titles, and how many stand in a row, all by default
  | (OnInput & { readonly layers: { readonly [title: string]: AnyLayer }; readonly columns?: number })
)

/** Subjects by the folder of the package. */
export type Subjects = { readonly [folder: string]: Subject }

const titled = (title: string, { width, height, marks }: Figure): Figure => ({
  width: Math.max(width, widthOf(title, sizeOf('label')) + 24),
  height: height + 24,
  marks: [
    { is: 'text', x: 12, y: 14, text: title, role: 'label', anchor: 'start' },
    { is: 'group', x: 0, y: 24, marks },
  ],
})

// Beside one another boxes are no wider than they must be.
const narrow = 112

/** The picture of a subject. */
export const drawn = (subject: Subject): Figure => {
  if ('figure' in subject) return subject.figure()
  const { input, words } = subject
  const laidOut = (layer: AnyLayer, least?: number): Figure => layOut(nodeOf(layer, input, words), input, least)
  if ('layer' in subject) return laidOut(subject.layer)
  const all = Object.entries(subject.layers).map(([title, layer]) => titled(title, laidOut(layer, narrow)))
  return panels(all, { columns: subject.columns ?? all.length, apart: 8 })
}
