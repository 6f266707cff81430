import type { AnyLayer, Shape } from '@resfn/layer'
import { cifarResnet } from './cifar-resnet.ts'
import { lenet } from './lenet.ts'
import { d2lResnet18, resnet, type ResnetDepth } from './resnet.ts'

/** A net by name: what it is, what it was drawn for, and how to make it for other classes. */
export type NetEntry = {
  readonly description: string
  /** the input that it was drawn for */
  readonly input: Shape
  /** the classes that it was drawn for */
  readonly classes: number
  readonly make: (options: { readonly classes: number }) => AnyLayer
}

const imagenet = (depth: ResnetDepth): NetEntry => ({
  description: `ResNet-${depth} for ImageNet`,
  input: [224, 224, 3],
  classes: 1000,
  make: ({ classes }) => resnet({ depth, classes }),
})

const small = (depth: number, shortcut: 'A' | 'B' | 'C' | 'none'): NetEntry => ({
  description:
    shortcut === 'none'
      ? `plain net of ${depth} layers for CIFAR`
      : `ResNet-${depth} for CIFAR, shortcuts of option ${shortcut}`,
  input: [32, 32, 3],
  classes: 10,
  make: ({ classes }) => cifarResnet({ depth, classes, shortcut }),
})

/**
 * The nets by name. The command line, the tests and the benchmarks read this table.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { nets } from '@resfn/archs/nets'
 *
 * const { make, input } = nets['resnet20']!
 * assert.deepEqual(make({ classes: 100 }).plan(input).output, [100])
 * ```
 */
export const nets: { readonly [name: string]: NetEntry } = {
  'lenet-bn': {
    description: 'LeNet-5 with batch normalisation',
    input: [28, 28, 1],
    classes: 10,
    make: ({ classes }) => lenet({ classes }),
  },
  'd2l-resnet18': {
    description: 'ResNet-18 of "Dive into deep learning"',
    input: [96, 96, 1],
    classes: 10,
    make: ({ classes }) => d2lResnet18({ classes }),
  },
  ...Object.fromEntries([8, 14, 20, 32, 44, 56, 110, 1202].map((depth) => [`resnet${depth}`, small(depth, 'A')])),
  ...Object.fromEntries(
    [8, 20, 32, 44, 56, 110].flatMap((depth) =>
      (['B', 'C'] as const).map((shortcut) => [`resnet${depth}-${shortcut.toLowerCase()}`, small(depth, shortcut)]),
    ),
  ),
  ...Object.fromEntries([8, 20, 32, 44, 56, 110].map((depth) => [`plain${depth}`, small(depth, 'none')])),
  ...Object.fromEntries(([18, 34, 50, 101, 152] as const).map((depth) => [`resnet${depth}`, imagenet(depth)])),
}
