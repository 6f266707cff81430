// @ts-check
// Writes what plain JavaScript computes for the training curves; it takes minutes. Node 24 runs the sources:
//   node --conditions=@resfn/source internal/kernel-corpus/scripts/curves.mjs
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { curves } from '../src/cases/curves.ts'

await tf.setBackend('cpu')
const entries = curves.map(({ name, compute }) => {
  const { losses, logits } = tf.tidy(compute)
  console.log(name, losses.dataSync())
  return [/steps of (.*) on /.exec(name)?.[1], { losses: [...losses.dataSync()], logits: [...logits.dataSync()] }]
})
writeFileSync(
  join(import.meta.dirname, '..', 'src', 'cases', 'curves.expected.ts'),
  `// Written by scripts/curves.mjs.
export const expectedCurves: {
  readonly [name: string]: { readonly losses: readonly number[]; readonly logits: readonly number[] }
} = ${JSON.stringify(Object.fromEntries(entries), null, 2)}
`,
)
