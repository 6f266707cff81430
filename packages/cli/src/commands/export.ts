import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { BackendFlags } from '../run/backend.ts'
import { backendFlags, checkpointFlags, type CheckpointFlags, commonFlags, formatFlag, netParameter } from './flags.ts'

export type ExportFlags = CommonFlags &
  BackendFlags &
  Pick<CheckpointFlags, 'net'> & {
    readonly out: string
    readonly format?: string
    readonly recipe: boolean
    readonly batchNorm: 'kept' | 'folded'
    readonly dtype: 'float32' | 'float16'
  }

export const exportCommand: Command<Context> = buildCommand<ExportFlags, [string], Context>({
  docs: {
    brief: 'Write a net or its weights for another program',
    fullDescription: [
      'Writes the net of a run, a checkpoint, a repository of the Hugging Face hub or a folder with config.json for another program. The file says how:',
      "  net.safetensors  the weights, with the keys, shapes and order of axes that timm's and torchvision's load_state_dict(strict=True) takes",
      '  net.onnx         the net with its weights for ONNX Runtime and others: opset 17, [batch, channels, height, width], any batch size',
      '  --format tfjs    the net with its weights as a folder that tf.loadGraphModel reads in a page: [batch, height, width, channels]',
      "  --format hub     a folder as timm publishes nets: model.safetensors, config.json, the log of the run, and a README.md that is the net's model card",
      '  --recipe         the training of a run for PyTorch: weights, optimiser, images, and a short script that goes on from the same step under torchrun (timm, DDP)',
      'Examples:',
      '  resfn export runs/2026-11-22-0740-resnet8 --out shoes --format hub --dtype float16',
      '  resfn export runs/2026-11-22-0740-resnet8 --out net.onnx --batch-norm folded',
      '  resfn export runs/2026-11-22-0740-resnet8 --out public/net --format tfjs',
      '  resfn export runs/2026-11-22-0740-resnet18 --out for-torch --recipe',
      '  resfn export resnet50.tv_in1k --out resnet50.onnx',
      '  resfn export net.safetensors --net resnet50 --format torchvision --out for-torch.safetensors',
    ].join('\n'),
  },
  parameters: {
    flags: {
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'The file, whose ending is .safetensors or .onnx, or the folder',
        placeholder: 'file',
      },
      format: formatFlag(
        'hub, tfjs, onnx, or the program whose keys the tensors have (default: the usual one of the net)',
      ),
      recipe: {
        kind: 'boolean',
        brief: 'Hand the training over to PyTorch, as a folder with a script for torchrun',
        default: false,
      },
      batchNorm: {
        kind: 'enum',
        values: ['kept', 'folded'],
        brief: 'In a net: an operator of its own, or folded into the convolution before it',
        default: 'kept',
      },
      dtype: {
        kind: 'enum',
        values: ['float32', 'float16'],
        brief: 'How the numbers of a safetensors file are written: float16 is half as large, and rounded',
        default: 'float32',
      },
      net: checkpointFlags.net,
      ...backendFlags,
      ...commonFlags,
    },
    positional: { kind: 'tuple', parameters: [netParameter] },
  },
  func: perform(async () => (await import('../actions/export.ts')).exportNet),
})
