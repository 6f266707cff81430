import type { Json } from '@resfn/checkpoint'
import type { Tools } from './tools.ts'

/** A text in the languages of the lessons. */
export type Words = { readonly en: string; readonly zh: string }

/** The languages, by the codes of HTML's `lang`. */
export type Language = keyof Words

/**
 * How much is measured: `quick` in seconds, which shows the direction; `default` in minutes on two cores; `full` in the
 * setting of the paper.
 */
export type Scale = 'quick' | 'default' | 'full'

/** A claim as it was stated before measuring, and what the measurement says of it. */
export type Finding = {
  readonly claim: Words
  /** Whether the measurement agrees. */
  readonly holds: boolean
  /** The numbers that it rests on. */
  readonly measured: Words
}

/**
 * A picture: the options of Observable Plot's `plot`, which get the chosen language. Its colours are `currentColor`,
 * those of `series`, or a scheme that is readable on light and dark.
 */
export type Picture = {
  /** The name of its files. */
  readonly name: string
  readonly title: Words
  /** What there is to see, in a sentence. */
  readonly caption: Words
  /** `PlotOptions`; their types need those of d3, which whoever installs lessons may not have. */
  readonly plot: (say: (words: Words) => string) => object
}

/** Measured numbers, beside those of the paper. */
export type Table = {
  readonly title: Words
  readonly columns: readonly Words[]
  readonly rows: readonly (readonly (string | number | Words)[])[]
}

/** What the measurements of a lesson come to. */
export type Conclusion = {
  readonly findings: readonly Finding[]
  readonly pictures: readonly Picture[]
  readonly tables: readonly Table[]
}

/**
 * One thing to measure, such as one net trained from one key. It is kept once it is measured, so a run that was stopped
 * goes on with the next.
 */
export type Cell<M> = {
  /** Unique in the lesson; letters, digits and hyphens. */
  readonly id: string
  readonly measure: (tools: Tools) => Promise<M>
}

/**
 * A lesson: a claim that residual networks rest on, as a measurement. Its text is in `text.md` and `text.zh.md` of its
 * folder.
 */
export type Lesson = {
  /** The name of its folder. */
  readonly name: string
  readonly title: Words
  /** Its recipe at each scale, as data. */
  readonly recipes: { readonly [scale in Scale]: Json }
  readonly cells: (scale: Scale) => readonly Cell<Json>[]
  /** From what the cells measured, by their ids. */
  readonly conclude: (scale: Scale, measured: { readonly [id: string]: Json }) => Conclusion
}

/** What a lesson is made of; `R` is its recipe, `M` what a cell measures. */
export type LessonParts<R, M> = {
  readonly name: string
  readonly title: Words
  readonly recipes: { readonly [scale in Scale]: R }
  readonly cells: (recipe: R) => readonly Cell<M>[]
  readonly conclude: (recipe: R, measured: { readonly [id: string]: M }) => Conclusion
}

/**
 * A lesson of its parts. What a cell measures must be JSON: numbers that may be infinite or NaN are null there.
 */
export const lesson = <R, M>({ name, title, recipes, cells, conclude }: LessonParts<R, M>): Lesson => ({
  name,
  title,
  recipes: recipes as unknown as Lesson['recipes'],
  cells: (scale) => cells(recipes[scale]) as readonly Cell<Json>[],
  conclude: (scale, measured) => conclude(recipes[scale], measured as { readonly [id: string]: M }),
})
