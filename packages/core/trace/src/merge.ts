import type { Tensor } from '@tensorflow/tfjs-core'
import { type Attribute, type Extent, type Graph, TraceError, type Value } from './graph.ts'
import type { Recording, Run } from './record.ts'

const differs = (where: string): TraceError =>
  new TraceError(
    `trace: ${where} is another for another batch; a net that is exported must treat each sample of a batch alike`,
  )

/** A number of the batch of one, beside that of the batch of two. */
const extentOf = (one: number, two: number, where: string): Extent => {
  if (one === two || (Number.isNaN(one) && Number.isNaN(two))) return one
  if (two === 2 * one) return { perSample: one }
  throw differs(where)
}

const attributeOf = (one: unknown, two: unknown, where: string): Attribute => {
  if (typeof one === 'number' && typeof two === 'number') return extentOf(one, two, where)
  if (ArrayBuffer.isView(one) || ArrayBuffer.isView(two))
    return attributeOf(Array.from(one as Float32Array), Array.from(two as Float32Array), where)
  if (Array.isArray(one) && Array.isArray(two) && one.length === two.length)
    return one.map((item, i) => attributeOf(item, two[i], where))
  if (one === null || one === undefined) return null
  if (one !== two || (typeof one !== 'string' && typeof one !== 'boolean')) throw differs(where)
  return one
}

const sameRun = (one: Run, two: Run | undefined): two is Run =>
  two !== undefined &&
  one.kernel === two.kernel &&
  JSON.stringify([one.inputs, one.outputs]) === JSON.stringify([two.inputs, two.outputs])

/** Whether two constants hold the same numbers. */
const equal = (one: Tensor, two: Tensor | undefined): boolean => {
  const [values, others] = [one.dataSync(), two?.dataSync()]
  return values.every((value, i) => Object.is(value, others?.[i]))
}

/** The graph for any batch, from what ran for one sample and for two. */
export const merge = (one: Recording, two: Recording): Pick<Graph, 'nodes' | 'output' | 'values'> => {
  const nodes = one.runs.map((run, i) => {
    const other = two.runs[i]
    const where = `kernel ${run.kernel} (number ${i})`
    if (!sameRun(run, other)) throw differs(where)
    const attributes = Object.entries(run.settings)
      .filter(([, setting]) => setting !== undefined)
      .map(([name, setting]) => [name, attributeOf(setting, other.settings[name], `${name} of ${where}`)] as const)
    return { kernel: run.kernel, inputs: run.inputs, attributes: Object.fromEntries(attributes), outputs: run.outputs }
  })
  if (two.runs.length !== one.runs.length || one.output !== two.output) throw differs('the end of the net')
  const values = [...one.values].map(([name, { shape, dtype }]): readonly [string, Value] => {
    const other = two.values.get(name)
    if (other?.shape.length !== shape.length || other.dtype !== dtype) throw differs(`the value ${name}`)
    return [
      name,
      { shape: shape.map((extent, axis) => extentOf(extent, other.shape[axis]!, `the shape of ${name}`)), dtype },
    ]
  })
  const depends = values.find(
    ([name, { shape }]) => Object.hasOwn(one.tensors, name) && shape.some((extent) => typeof extent !== 'number'),
  )
  if (depends !== undefined) throw differs(`the constant ${depends[0]}`)
  for (const [name, tensor] of Object.entries(one.tensors))
    if (name.startsWith('constant') && !equal(tensor, two.tensors[name])) throw differs(`the constant ${name}`)
  return { output: one.output, nodes, values: Object.fromEntries(values) }
}
