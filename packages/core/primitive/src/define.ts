import {
  clone,
  engine,
  getBackend,
  getGradient,
  getKernel,
  registerGradient,
  registerKernel,
  tidy,
} from '@tensorflow/tfjs-core'
import type { KernelFunc, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core'

/** The inputs of a primitive, by name. */
export type Inputs = { readonly [name: string]: Tensor }

/** The settings of a primitive: plain values. */
export type Settings = { readonly [name: string]: number | string | boolean | readonly number[] }

/** A differentiable function from named inputs and settings to a tuple of outputs. */
export type Primitive<I extends Inputs, S extends Settings, O extends readonly Tensor[]> = (inputs: I, settings: S) => O

/** What the forward pass leaves for the gradient: the inputs and outputs listed in `saves`, in that order. */
export type Saved<I extends Inputs, N extends keyof I, M extends readonly number[]> = {
  readonly inputs: Pick<I, N>
  readonly outputs: { readonly [K in keyof M]: Tensor }
}

/**
 * The definition of a primitive.
 *
 * - `name`: what backends register their own kernel under
 * - `composed`: the portable form, from tensor operations of tfjs alone; it also says what a backend's kernel must
 *   compute. It may use operations without gradients, and need not free its intermediate tensors.
 * - `saves`: the inputs (by name) and outputs (by index) that the gradient needs; the rest is freed
 * - `gradient`: from the gradients of the outputs and what was saved to the gradients of the inputs; an output that the
 *   loss does not depend on has a gradient of zeros. Leave out an input that cannot be differentiated.
 */
export type Definition<
  I extends Inputs,
  S extends Settings,
  O extends readonly Tensor[],
  N extends keyof I & string,
  M extends readonly number[],
> = {
  readonly name: string
  readonly composed: (inputs: I, settings: S) => O
  readonly saves: { readonly inputs: readonly N[]; readonly outputs: M }
  readonly gradient: (
    dys: { readonly [K in keyof O]: Tensor },
    saved: Saved<I, N, M>,
    settings: S,
  ) => { readonly [K in keyof I]?: Tensor }
}

/**
 * A differentiable function of several outputs with a portable form that any backend may replace: each call runs the
 * kernel that the current backend has registered under `name`, or else the composed form.
 *
 * @param definition name, composed form and gradient
 * @returns the function `(inputs, settings) => outputs`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { definePrimitive } from '@resfn/primitive'
 *
 * const cube = definePrimitive({
 *   name: 'ReadmeCube',
 *   composed: ({ x }: { x: tf.Tensor }) => [tf.mul(x, tf.mul(x, x))],
 *   saves: { inputs: ['x'], outputs: [] },
 *   gradient: ([dy], { inputs: { x } }) => ({ x: tf.mul(dy, tf.mul(3, tf.mul(x, x))) }),
 * })
 * const slope = tf.grad((x) => cube({ x }, {})[0])
 * assert.deepEqual([...slope(tf.tensor1d([2])).dataSync()], [12])
 * ```
 */
export const definePrimitive =
  <
    I extends Inputs,
    S extends Settings,
    O extends readonly Tensor[] | [],
    N extends keyof I & string,
    M extends readonly number[] | [],
  >(
    definition: Definition<I, S, O, N, M>,
  ): Primitive<I, S, O> =>
  (inputs, settings) => {
    prepare(definition)
    const outputs: Tensor | Tensor[] = engine().runKernel(
      definition.name,
      { ...inputs },
      settings as unknown as NamedAttrMap,
    )
    return (Array.isArray(outputs) ? outputs : [outputs]) as unknown as O
  }

type Composed = (inputs: Inputs, settings: Settings) => readonly Tensor[]

const forms = new Map<string, Composed>()

/**
 * The portable form of a primitive that has run: the function of TensorFlow.js operations that it equals, whatever
 * kernel the backend has.
 *
 * @param name the name of a kernel
 * @returns undefined if no primitive of that name has run
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { composedForm } from '@resfn/primitive'
 *
 * assert.equal(composedForm('Add'), undefined)
 * ```
 */
export const composedForm = (name: string): Composed | undefined => forms.get(name)

/**
 * The portable form of a primitive that has run, as a kernel: for a backend whose own kernel declines some inputs.
 *
 * @param name the name of a kernel
 * @returns undefined if no primitive of that name has run
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { composedKernel } from '@resfn/primitive'
 *
 * assert.equal(composedKernel('Add'), undefined)
 * ```
 */
export const composedKernel = (name: string): KernelFunc | undefined => {
  const composed = forms.get(name)
  return (
    composed &&
    (({ inputs, attrs }) => {
      const given = new Set<unknown>(Object.values(inputs))
      // An output must be a new tensor; otherwise its gradient would be taken for the input's.
      return tidy(() =>
        composed(inputs as unknown as Inputs, attrs as unknown as Settings).map((output) =>
          given.has(output) ? clone(output) : output,
        ),
      )
    })
  )
}

// Registration happens at the first call and not at import, so that importing has no side effect and bundlers may drop
// what is unused.
const prepare = <
  I extends Inputs,
  S extends Settings,
  O extends readonly Tensor[],
  N extends keyof I & string,
  M extends readonly number[],
>({
  name,
  composed,
  saves,
  gradient,
}: Definition<I, S, O, N, M>): void => {
  forms.set(name, composed as unknown as Composed)
  const backendName = getBackend()
  if (getKernel(name, backendName) == null)
    registerKernel({ kernelName: name, backendName, kernelFunc: composedKernel(name)! })
  if (getGradient(name) == null) {
    const kept = [...saves.outputs].sort((a, b) => a - b)
    registerGradient({
      kernelName: name,
      inputsToSave: [...saves.inputs],
      outputsToSave: Array.from({ length: 1 + Math.max(-1, ...kept) }, (_, i) => kept.includes(i)),
      gradFunc: (dy, saved, attrs) => {
        const inputs = Object.fromEntries(saves.inputs.map((input, i) => [input, saved[i]])) as unknown as Pick<I, N>
        const outputs = saves.outputs.map((output) => saved[saves.inputs.length + kept.indexOf(output)]!)
        // Computed at once: a primitive often has several gradients, and tfjs asks for each on its own.
        const gradients = gradient(
          (Array.isArray(dy) ? dy : [dy]) as unknown as { readonly [K in keyof O]: Tensor },
          { inputs, outputs: outputs as unknown as { readonly [K in keyof M]: Tensor } },
          attrs as unknown as S,
        )
        return Object.fromEntries(Object.entries(gradients).map(([input, value]) => [input, () => value as Tensor]))
      },
    })
  }
}
