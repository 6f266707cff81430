import { bamResnets } from './bam-resnet/nets.ts'
import { cbamResnets } from './cbam-resnet/nets.ts'
import { cifarResnets } from './cifar-resnet/nets.ts'
import { densenets } from './densenet/nets.ts'
import { ecanets } from './ecanet/nets.ts'
import { lenets } from './lenet/nets.ts'
import { preActivationNets } from './pre-activation/nets.ts'
import { res2nets } from './res2net/nets.ts'
import { resnests } from './resnest/nets.ts'
import { attentionNets } from './residual-attention/nets.ts'
import { resnetRss } from './resnet-rs/nets.ts'
import { resnets } from './resnet/nets.ts'
import { resnexts } from './resnext/nets.ts'
import { senets } from './senet/nets.ts'
import { sknets } from './sknet/nets.ts'
import type { Nets } from './net-entry.ts'
import { wideResnets } from './wide-resnet/nets.ts'

/**
 * The nets by name, family by family. The command line, the tests and the benchmarks read this table.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { nets } from '@resfn/archs/nets'
 *
 * const { 'cifar-resnet20': net } = nets
 * assert.deepEqual(net?.make({ classes: 100 }).plan(net.input).output, [100])
 * ```
 */
export const nets: Nets = {
  ...lenets,
  ...cifarResnets,
  ...resnets,
  ...resnexts,
  ...resnetRss,
  ...wideResnets,
  ...preActivationNets,
  ...senets,
  ...ecanets,
  ...sknets,
  ...cbamResnets,
  ...bamResnets,
  ...densenets,
  ...resnests,
  ...res2nets,
  ...attentionNets,
}
