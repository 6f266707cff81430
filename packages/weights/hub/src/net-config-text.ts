import type { NetConfig } from './net-config.ts'

/**
 * The text of timm's `config.json` of a net: `parseNetConfig` gives the same config.
 *
 * @param config the net, its classes, its images and what is done to them before
 * @see timm, `timm/models/_hub.py`, `save_config_for_hf`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { formatNetConfig, parseNetConfig } from '@resfn/hub'
 *
 * const text = '{ "architecture": "resnet18", "num_classes": 2, "label_names": ["cat", "dog"], "pretrained_cfg": {} }'
 * const config = parseNetConfig(text)
 * assert.ok(config._tag === 'Right')
 * assert.deepEqual(parseNetConfig(formatNetConfig(config.right)), config)
 * ```
 */
export const formatNetConfig = ({ architecture, classes, input, preprocessing }: NetConfig): string => {
  const [height, width, channels] = input
  const { mean, std, interpolation, cropFraction, cropMode } = preprocessing
  const config = {
    architecture,
    num_classes: classes.length,
    label_names: classes,
    // timm makes nets for three channels unless it is told otherwise.
    ...(channels === 3 ? {} : { model_args: { in_chans: channels } }),
    pretrained_cfg: {
      input_size: [channels, height, width],
      num_classes: classes.length,
      mean,
      std,
      interpolation,
      crop_pct: cropFraction,
      crop_mode: cropMode,
    },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
