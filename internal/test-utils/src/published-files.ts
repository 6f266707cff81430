import { createNet, nets } from '@resfn/archs'
import { exportWeights } from '@resfn/export'
import { init } from '@resfn/layer'
import { key } from '@resfn/random'
import type { HubFiles } from './hub-server.ts'

/** The config that timm would write for a net. */
export const timmConfig = (
  architecture: string,
  { classes, input }: { readonly classes: number; readonly input: readonly number[] },
): Record<string, unknown> => {
  const [height, width, channels = 3] = input
  return {
    architecture,
    num_classes: classes,
    num_features: 512,
    global_pool: 'avg',
    pretrained_cfg: {
      tag: 'test',
      custom_load: false,
      input_size: [channels, height, width],
      fixed_input_size: false,
      interpolation: 'bicubic',
      crop_pct: 0.9,
      crop_mode: 'center',
      mean: Array.from({ length: channels }, () => 0.5),
      std: Array.from({ length: channels }, () => 0.25),
      num_classes: classes,
      first_conv: 'conv1',
      classifier: 'fc',
    },
  }
}

/** The files of a published net with random weights; a backend must be running. */
export const publishedFiles = async (
  architecture: string,
  {
    classes = 3,
    seed = 0,
    format,
  }: { readonly classes?: number; readonly seed?: number; readonly format?: string } = {},
): Promise<HubFiles> => {
  const net = createNet(architecture, { classes })
  const { input } = net
  const formats = nets[architecture]?.keys ?? {}
  const keys = formats[format ?? Object.keys(formats)[0] ?? ''] ?? []
  const file = await exportWeights(net, init(net, key(seed), input), { input, keys })()
  if (file._tag === 'Left') throw new Error(file.left.message)
  const config = timmConfig(architecture, { classes, input })
  return { 'config.json': JSON.stringify(config, null, 2), 'model.safetensors': file.right }
}
