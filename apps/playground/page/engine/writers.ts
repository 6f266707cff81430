import { nets } from '@resfn/archs'
import { exportWeights } from '@resfn/export'
import { exportOnnx } from '@resfn/export-onnx'
import { either as E, type taskEither as TE } from 'fp-ts'
import { type Model, saveModel } from './model.ts'
import type { ExportFormat } from './protocol.ts'

const done = async <A>(task: TE.TaskEither<{ readonly message: string }, A>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

/** Keys as timm and torchvision have them, where the net is known there; else our own paths. */
const keysOf = ({ name }: Model) => {
  const known = Object.hasOwn(nets, name) ? nets[name]!.keys : undefined
  return known?.['timm'] ?? known?.['torchvision'] ?? Object.values(known ?? {})[0] ?? []
}

/** How a net is written in each format. */
export const writers: { readonly [F in ExportFormat]: (model: Model) => Promise<Uint8Array> } = {
  resfn: saveModel,
  timm: (model) => done(exportWeights(model.net, model, { input: model.input, keys: keysOf(model) })),
  onnx: ({ net, params, state, input }) => done(exportOnnx(net, { params, state }, { input })),
}
