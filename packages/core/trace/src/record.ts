import { engine, keep, type NamedTensorMap, Tensor, tidy } from '@tensorflow/tfjs-core'
import { composedForm, type Settings } from '@resfn/primitive'
import type { Entry } from '@resfn/tree'

/** A kernel that ran, with its settings as they were. */
export type Run = {
  readonly kernel: string
  readonly inputs: { readonly [input: string]: string }
  readonly settings: { readonly [setting: string]: unknown }
  readonly outputs: readonly string[]
}

/** What ran between the input and the output, for one batch size. */
export type Recording = {
  readonly output: string
  readonly runs: readonly Run[]
  readonly values: ReadonlyMap<string, Pick<Tensor, 'shape' | 'dtype'>>
  /** the values that do not depend on the input; kept, and owned by whoever records */
  readonly tensors: { readonly [value: string]: Tensor }
}

/** What is recorded, and how far it is taken apart. */
export type RecordOptions = {
  readonly x: Tensor
  readonly leaves: readonly Entry[]
  readonly expandPrimitives: boolean
  readonly f: (x: Tensor) => Tensor
}

type RunKernel = (kernel: string, inputs: { readonly [input: string]: unknown }, settings?: object) => Tensor | Tensor[]

/** What is known of a tensor that has been seen. */
type Seen = { readonly name: string; readonly depends: boolean; readonly origins: ReadonlySet<string> }

const nothing: ReadonlySet<string> = new Set()

const unique = (): ((name: string) => string) => {
  const counts = new Map<string, number>()
  return (name) => {
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count === 0 ? name : `${name}_${count}`
  }
}

/** The kernels that `f(x)` runs. Those that see no value that depends on x are run and not listed. */
export const record = ({ x, leaves, expandPrimitives, f }: RecordOptions): Recording => {
  const named = unique()
  const seen = new Map<number, Seen>([[x.id, { name: named('x'), depends: true, origins: nothing }]])
  for (const { path, leaf } of leaves)
    seen.set(leaf.id, { name: named(path), depends: false, origins: new Set([path]) })
  const runs: Run[] = []
  const values = new Map<string, Tensor>([['x', x]])
  const tensors: { [value: string]: Tensor } = {}

  const see = (tensor: Tensor): Seen => {
    const known = seen.get(tensor.id) ?? { name: named('constant'), depends: false, origins: nothing }
    seen.set(tensor.id, known)
    return known
  }
  /** The name of an operand; one that is not computed from x is kept under it. */
  const use = (tensor: Tensor): string => {
    const { name, depends } = see(tensor)
    if (!depends) {
      tensors[name] ??= keep(tensor.clone())
      values.set(name, tensor)
    }
    return name
  }
  const note = (
    kernel: string,
    inputs: readonly (readonly [string, Tensor])[],
    settings: object,
    outputs: readonly Tensor[],
  ): void => {
    const given = inputs.map(([, tensor]) => see(tensor))
    if (!given.some(({ depends }) => depends)) {
      const origins = new Set(given.flatMap((value) => [...value.origins]))
      const [first] = origins
      for (const output of outputs)
        seen.set(output.id, {
          name: named(first === undefined ? 'constant' : `${first}/${kernel}`),
          depends: false,
          origins,
        })
      return
    }
    const names = outputs.map((output) => {
      const name = named(kernel)
      seen.set(output.id, { name, depends: true, origins: nothing })
      values.set(name, output)
      return name
    })
    runs.push({
      kernel,
      inputs: Object.fromEntries(inputs.map(([input, tensor]) => [input, use(tensor)])),
      settings: { ...settings },
      outputs: names,
    })
  }

  // A backend runs some kernels by others, which are not the net's.
  let inside = false
  const target = engine() as { runKernel: RunKernel }
  const original = target.runKernel
  const runKernel: RunKernel = (kernel, inputs, settings) => {
    if (inside) return original.call(target, kernel, inputs, settings)
    const composed = expandPrimitives ? composedForm(kernel) : undefined
    if (composed !== undefined) return tidy(() => [...composed(inputs as NamedTensorMap, settings as Settings)])
    inside = true
    try {
      const result = original.call(target, kernel, inputs, settings)
      const given = Object.entries(inputs).filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor)
      note(kernel, given, settings ?? {}, Array.isArray(result) ? result : [result])
      return result
    } finally {
      inside = false
    }
  }

  target.runKernel = runKernel
  try {
    let output = ''
    tidy(() => {
      const y = f(x)
      inside = true
      output = use(y)
    })
    return { output, runs, values, tensors }
  } catch (error) {
    for (const tensor of Object.values(tensors)) tensor.dispose()
    throw error
  } finally {
    target.runKernel = original
  }
}
