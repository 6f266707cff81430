import { convolutions } from './cases/convolutions.ts'
import { copying } from './cases/copying.ts'
import { curves } from './cases/curves.ts'
import { gradients } from './cases/gradients.ts'
import { layers } from './cases/layers.ts'
import { matrixProducts } from './cases/matrix-products.ts'
import { memory } from './cases/memory.ts'
import { normalisation } from './cases/normalisation.ts'
import { optimiserSteps } from './cases/optimisers.ts'
import { pools } from './cases/pools.ts'
import { reductions } from './cases/reductions.ts'
import { emptyAndSingle, specialValues } from './cases/special-values.ts'
import type { CorpusCase } from './corpus-case.ts'

/** All cases, by topic. */
export const corpus: { readonly [topic: string]: readonly CorpusCase[] } = {
  convolutions,
  normalisation,
  reductions,
  'matrix products': matrixProducts,
  copying,
  pools,
  optimisers: optimiserSteps,
  'special values': specialValues,
  'nothing and one': emptyAndSingle,
  gradients,
  layers,
  curves,
  memory,
}

/** The cases of some topics, or all where none is named. */
export const topicsOf = (names: readonly string[]): typeof corpus => {
  const unknown = names.find((name) => !Object.hasOwn(corpus, name))
  if (unknown !== undefined)
    throw new RangeError(`there is no topic ${unknown}; there are ${Object.keys(corpus).join(', ')}`)
  return names.length === 0 ? corpus : Object.fromEntries(names.map((name) => [name, corpus[name]!]))
}
