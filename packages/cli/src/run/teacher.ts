import { createHash } from 'node:crypto'
import type { Preprocessing } from '@resfn/preprocessing'
import { dispose, flatten } from '@resfn/tree'
import { add, mul, type Tensor, tensor1d, tidy, zeros } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'
import { usageError } from '../error.ts'
import type { AnyVariables } from './evaluation.ts'
import { locateNet } from './located-net.ts'
import { photoView } from './photo-preprocessing.ts'
import { sameClasses } from './same-classes.ts'

/** A net that teaches another one. */
export type Teacher = {
  readonly name: string
  readonly where: string
  /** Tells its weights from others. */
  readonly sha256: string
  /** Its logits for images as the student sees them. */
  readonly logits: (images: Tensor) => Tensor
  /** Its tensors, which the caller owns. */
  readonly variables: AnyVariables
}

/** What the student sees, and the classes that it learns. */
export type Student = {
  readonly input: readonly number[]
  readonly view: Pick<Preprocessing, 'mean' | 'std'>
  readonly classes: readonly string[]
}

/** From images as one net sees them to those of another: `x * scale + shift` for each channel. */
const between = (own: Student['view'], its: Student['view']): ((images: Tensor) => Tensor) => {
  const isSame = (name: 'mean' | 'std'): boolean => own[name].every((value, c) => value === its[name][c])
  if (isSame('mean') && isSame('std')) return (images) => images
  const scale = own.std.map((std, c) => std / its.std[c]!)
  const shift = own.mean.map((mean, c) => (mean - its.mean[c]!) / its.std[c]!)
  return (images) => add(mul(images, tensor1d(scale)), tensor1d(shift))
}

const digestOf = async (variables: AnyVariables): Promise<string> => {
  const hash = createHash('sha256')
  for (const { path, leaf } of flatten<Tensor>(variables)) {
    const { buffer, byteOffset, byteLength } = await leaf.data()
    hash.update(`${path}\n`).update(new Uint8Array(buffer, byteOffset, byteLength))
  }
  return hash.digest('hex')
}

const someOf = (names: readonly string[]): string => `${names.slice(0, 3).join(', ')}${names.length > 3 ? '…' : ''}`

/** The net that teaches, where it can look at the images of the student; a backend must be running. */
export const teacherOf = async (context: Context, given: string, student: Student): Promise<Teacher> => {
  const located = await locateNet(context, given)
  const { name, where, net, classes } = located
  if (!sameClasses(classes, student.classes))
    throw usageError(
      `--teacher ${given}: ${name} tells other classes apart than the images have: ${someOf(classes)} and ${someOf(student.classes)}; fine-tune it on them first, with resfn train --from`,
    )
  const view = photoView(located)
  const variables = await located.variables()
  const { params, state } = variables
  try {
    if (view.mean.length !== student.input[2])
      throw new Error(`it sees ${view.mean.length} channels, and the images have ${student.input[2]}`)
    const { params: specs } = net.plan(student.input)
    for (const { path, leaf } of flatten<{ readonly shape: readonly number[] }>(specs)) {
      const found = flatten<Tensor>(params)
        .find((own) => own.path === path)
        ?.leaf.shape.join('x')
      if (found !== leaf.shape.join('x')) throw new Error(`${path} is ${found}, and they need ${leaf.shape.join('x')}`)
    }
    tidy(() => void net.apply(params, zeros([1, ...student.input]), state))
  } catch (error) {
    dispose(variables)
    throw usageError(
      `--teacher ${given}: ${name} cannot look at the images of this run, which are ${student.input.join('x')} (${error instanceof Error ? error.message : String(error)}); take a teacher for such images, or another --resize`,
    )
  }
  const seen = between(student.view, view)
  return {
    name,
    where,
    sha256: await digestOf(variables),
    logits: (images) => net.apply(params, seen(images), state),
    variables,
  }
}
