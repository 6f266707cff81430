import type { KernelInputs } from './own-kernel.ts'

/** Neither our kernel nor one of tfjs takes these inputs. */
export class UnsupportedInputsError extends TypeError {
  readonly _tag = 'UnsupportedInputs'
  readonly kernel: string
  readonly backend: string
  constructor({
    kernel,
    backend,
    inputs,
  }: {
    readonly kernel: string
    readonly backend: string
    readonly inputs: KernelInputs
  }) {
    super(
      `${kernel} on ${backend} takes float32 tensors that are not empty (NHWC where it matters), and there is not another kernel for ${Object.entries(
        inputs,
      )
        .map(([name, input]) => `${name}: ${input?.dtype ?? 'nothing'} [${input?.shape ?? ''}]`)
        .join(', ')}; cast the inputs, or use another backend`,
    )
    this.name = 'UnsupportedInputsError'
    this.kernel = kernel
    this.backend = backend
  }
}
