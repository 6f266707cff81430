// @ts-check
// The texts of a new package: a layer (ops, blocks) or a plain function, each with its test and README.

/** The bare function of a layer: `applyDropPath` of `dropPath`. */
export const applyOf = (main) => `apply${main[0].toUpperCase()}${main.slice(1)}`

export const layerSource = (name, main) => `import { checkTensor, type Empty, type Layer, lift } from '@resfn/layer'
import type { Tensor } from '@tensorflow/tfjs-core'

/**
 * \`y = x\` as a bare function: the formula goes here, with the meaning of each symbol.
 *
 * @param x [batch, ...shape]
 * @returns y, of the same shape
 * @throws InputError if x is not a live tensor
 * @see the paper and its section
 * @example
 * \`\`\`ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { ${applyOf(main)} } from '@resfn/${name}'
 *
 * assert.deepEqual([...${applyOf(main)}(tf.tensor1d([2])).dataSync()], [2])
 * \`\`\`
 */
export const ${applyOf(main)} = (x: Tensor): Tensor => {
  checkTensor('${main}', x)
  return x
}

/**
 * \`y = x\` as a layer without parameters.
 *
 * @see the paper and its section
 * @example
 * \`\`\`ts
 * import assert from 'node:assert/strict'
 * import { ${main} } from '@resfn/${name}'
 *
 * assert.deepEqual(${main}().plan([4]).output, [4])
 * \`\`\`
 */
export const ${main} = (): Layer<Empty> => lift(${applyOf(main)}, { kind: '${main}' })
`

export const layerTest = (
  name,
  main,
) => `import { describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { dispose, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { ${applyOf(main)}, ${main} } from './${name}.ts'

describeBackends('${main}', () => {
  it('gives back its input', () => {
    tidy(() => {
      const x = tensor1d([1, -2])
      expectClose(${applyOf(main)}(x), [1, -2])
      expectClose(${main}().apply({}, x, {}), [1, -2])
    })
  })

  it('keeps the shape of its input and has no parameters', () => {
    expect(${main}().plan([2, 3, 4])).toMatchObject({ params: {}, output: [2, 3, 4] })
  })

  it('leaves no tensor behind', () => {
    expectNoLeak(() => {
      const x = tensor1d([1])
      dispose([x, ${main}().apply({}, x, {})])
    })
  })
})
`

const layerUse = (name, main) => `import assert from 'node:assert/strict'
import { ${main} } from '@resfn/${name}'
import { summary } from '@resfn/layer'

assert.equal(summary(${main}(), [4]).params, 0)
`

export const plainSource = (name, main) => `/**
 * \`f(x) = x\`: the formula goes here, with the meaning of each symbol.
 *
 * @param x a number
 * @see the paper or format and its section
 * @example
 * \`\`\`ts
 * import assert from 'node:assert/strict'
 * import { ${main} } from '@resfn/${name}'
 *
 * assert.equal(${main}(2), 2)
 * \`\`\`
 */
export const ${main} = (x: number): number => x
`

export const plainTest = (name, main) => `import { expect, it } from 'vitest'
import { ${main} } from './${name}.ts'

it('gives back its input', () => {
  expect(${main}(2)).toBe(2)
})
`

const plainUse = (name, main) => `import assert from 'node:assert/strict'
import { ${main} } from '@resfn/${name}'

assert.equal(${main}(2), 2)
`

const place = (what) => `A ${what} that gives back its input: the place for the formula.`

const layerApi = (main) => `- \`${main}(): Layer<Empty>\`: the layer.
- \`${applyOf(main)}(x: Tensor): Tensor\`: its function, bare.

## Parameters and shapes

No parameters; the output has the shape of the input.
`

const plainApi = (main) => `- \`${main}(x: number): number\`: gives back its input.
`

export const readme = (name, main, layer) => `# @resfn/${name}

\`${main}\` as a pure function.

## What is this?

${place(layer ? 'layer' : 'function')}

## When to use it

Use it where the paper does. Do not use it where something simpler does the same.

## Install

\`\`\`sh
npm install @resfn/${name}${layer ? ' @tensorflow/tfjs-core' : ''}
\`\`\`

## Use

\`\`\`ts
${(layer ? layerUse : plainUse)(name, main)}\`\`\`

## API

${(layer ? layerApi : plainApi)(main)}
## Reference

The paper and its section go here.
`
