import type { GPGPUContext, MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl'
import { env, type TensorInfo, util } from '@tensorflow/tfjs-core'
import { cells, type Place, placeIn } from './glsl.ts'

/**
 * A fragment shader of ours. Its code declares nothing outside of its functions: it computes the texel `i` of the
 * outputs, which are `vec4` by these names, and reads the texel `j` of an input `x` as `x_(j)`, or the texel `i` as
 * `x_here`. Sizes are constants in the code.
 *
 * A texel holds two by two values of the last two axes, as tfjs packs them: r and g are neighbours along the last axis,
 * b and a the same of the next row. Where an axis ends with an odd size, the values beyond it mean nothing.
 */
export type Program = {
  /** Tells programs of different code apart. */
  readonly key: string
  /** The shapes of the outputs; all have as many texels. */
  readonly outputs: { readonly [name: string]: readonly number[] }
  readonly inputs: { readonly [name: string]: TensorInfo }
  /** Up to four numbers that change from step to step, which the code reads as `numbers`, a `vec4`. */
  readonly numbers?: readonly number[]
  readonly functions?: () => string
  readonly code: () => string
}

/** What the kernels run on: the tfjs backend, and how a program of ours draws on its textures. */
export type Device = {
  readonly backend: MathBackendWebGL
  /** Runs a program into new float32 tensors, in the order of its outputs. */
  readonly run: (program: Program) => readonly TensorInfo[]
  readonly dispose: (tensor: TensorInfo) => void
}

type Texture = NonNullable<ReturnType<MathBackendWebGL['getDataInfo']>['texture']>
type Binary = {
  readonly webGLProgram: ReturnType<GPGPUContext['createProgram']>
  readonly variablesLocations: readonly { readonly uniform: WebGLUniformLocation | null }[] | null
  readonly customUniformLocations: readonly (WebGLUniformLocation | null)[] | null
}

/** What of the backend tfjs calls private. */
type Private = {
  readonly binaryCache: { [key: string]: object }
  readonly activeTimers?: unknown[] | null
  readonly startTimer: () => unknown
  readonly endTimer: (query: unknown) => unknown
  readonly getQueryTime: (query: unknown) => Promise<number>
  readonly packTensor: (input: TensorInfo) => TensorInfo
  readonly packedReshape: (input: TensorInfo, shape: readonly number[]) => TensorInfo
}

/** Whether two shapes of one size have their values in the same texels. */
const packedAlike = (a: readonly number[], b: readonly number[]): boolean => {
  const [rows, others] = [a.at(-2) ?? 1, b.at(-2) ?? 1]
  return (a.at(-1) ?? 1) === (b.at(-1) ?? 1) && (rows === others || (rows % 2 === 0 && others % 2 === 0))
}

const source = (
  { inputs, outputs, numbers, functions, code }: Program,
  places: { readonly [name: string]: Place },
  out: Place,
): string => `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
${Object.keys(inputs)
  .map(
    (name) => `uniform sampler2D ${name};
vec4 ${name}_(int i) { ${placeIn(name, places[name]!)} }
#define ${name}_here ${places[name]!.wide === out.wide ? `texelFetch(${name}, ivec2(gl_FragCoord.xy), 0)` : `${name}_(i)`}`,
  )
  .join('\n')}
${numbers === undefined ? '' : 'uniform vec4 numbers;'}
${Object.keys(outputs)
  .map((name, location) => `layout(location = ${location}) out vec4 ${name};`)
  .join('\n')}
${functions?.() ?? ''}
void main() {
  int i = int(gl_FragCoord.y) * ${out.wide} + int(gl_FragCoord.x);
  ${Object.keys(outputs)
    .map((name) => `${name} = vec4(0);`)
    .join(' ')}
  if (i >= ${out.count}) { return; }
  ${code()}
}`

/** Opens the backend's context for programs of ours; `lost` is the error of a context that is gone. */
export const openDevice = (backend: MathBackendWebGL, lost: () => Error | undefined): Device => {
  const { gpgpu } = backend
  const gl = gpgpu.gl as unknown as WebGL2RenderingContext
  const self = backend as unknown as Private
  const dispose = ({ dataId }: TensorInfo): void => void backend.disposeData(dataId)

  /** A tensor whose texture is packed as its shape says, and whether it is a copy. */
  const packed = (tensor: TensorInfo): { readonly tensor: TensorInfo; readonly copied: boolean } => {
    const data = backend.getDataInfo(tensor.dataId)
    if (data.texture == null && data.slice == null) {
      data.isPacked = true
      data.shape = [...tensor.shape]
    }
    backend.uploadToGPU(tensor.dataId)
    if (!data.isPacked) return { tensor: self.packTensor(tensor), copied: true }
    if (packedAlike(data.shape, tensor.shape)) return { tensor, copied: false }
    const now = { ...tensor, shape: data.shape }
    return { tensor: self.packedReshape(now, tensor.shape), copied: true }
  }
  const place = ({ dataId, shape }: TensorInfo): Place => {
    const [rows, columns] = backend.getDataInfo(dataId).texShape!
    const { batch, down, across } = cells(shape)
    return { wide: Math.ceil(columns / 2), high: Math.ceil(rows / 2), count: batch * down * across }
  }
  const output = (shape: readonly number[]): TensorInfo => {
    const made = backend.makeTensorInfo([...shape], 'float32')
    backend.getDataInfo(made.dataId).isPacked = true
    backend.uploadToGPU(made.dataId)
    return made
  }
  const compile = (text: string, { inputs, numbers }: Program): Binary => {
    const shader = gl.createShader(gl.FRAGMENT_SHADER)!
    gl.shaderSource(shader, text)
    gl.compileShader(shader)
    const compileOnly = env().getBool('ENGINE_COMPILE_ONLY')
    if (!compileOnly && gl.getShaderParameter(shader, gl.COMPILE_STATUS) === false)
      throw new Error(`a shader does not compile: ${gl.getShaderInfoLog(shader)}\n${text}`)
    const webGLProgram = gpgpu.createProgram(shader)
    const names = Object.keys(inputs)
    const uniforms = numbers === undefined ? [] : [{ name: 'numbers', type: 'vec4' }]
    // The names are those by which tfjs finds the places of a program that was compiled ahead.
    const program = { variableNames: names, customUniforms: uniforms }
    const base = { program, source: text, fragmentShader: shader, webGLProgram }
    if (compileOnly) return { ...base, variablesLocations: null, customUniformLocations: null }
    gpgpu.buildVao(webGLProgram)
    const locate = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(webGLProgram, name)
    return {
      ...base,
      variablesLocations: names.map((name) => ({ name, uniform: locate(name) })),
      customUniformLocations: uniforms.map(({ name }) => locate(name)),
    }
  }
  const textureOf = ({ dataId }: TensorInfo): Texture => backend.getDataInfo(dataId).texture!
  const attach = (index: number, texture: WebGLTexture | null): void =>
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + index, gl.TEXTURE_2D, texture, 0)
  const drawOn = (count: number): void =>
    gl.drawBuffers(Array.from({ length: count }, (_, index) => gl.COLOR_ATTACHMENT0 + index))

  const draw = (
    { webGLProgram, variablesLocations, customUniformLocations }: Binary,
    inputs: readonly TensorInfo[],
    outputs: readonly TensorInfo[],
    numbers: readonly number[] | undefined,
  ): void => {
    const [rows, columns] = backend.getDataInfo(outputs[0]!.dataId).texShape!
    gpgpu.setOutputPackedMatrixTexture(textureOf(outputs[0]!).texture!, rows, columns)
    for (const [index, tensor] of outputs.entries()) if (index > 0) attach(index, textureOf(tensor).texture!)
    if (outputs.length > 1) drawOn(outputs.length)
    gpgpu.setProgram(webGLProgram)
    gpgpu.bindVertexArray(webGLProgram.vao)
    for (const [unit, tensor] of inputs.entries()) {
      const { uniform } = variablesLocations![unit]!
      if (uniform !== null) gpgpu.setInputMatrixTexture(textureOf(tensor).texture!, uniform, unit)
    }
    if (numbers !== undefined) gl.uniform4fv(customUniformLocations![0]!, [...numbers, 0, 0, 0].slice(0, 4))
    gpgpu.executeProgram()
    for (let index = 1; index < outputs.length; index++) attach(index, null)
    if (outputs.length > 1) drawOn(1)
  }

  const run = (program: Program): readonly TensorInfo[] => {
    const broken = lost()
    if (broken !== undefined) throw broken
    const given = Object.entries(program.inputs).map(([name, tensor]) => [name, packed(tensor)] as const)
    const inputs = given.map(([, { tensor }]) => tensor)
    const outputs = Object.values(program.outputs).map(output)
    const places = Object.fromEntries(given.map(([name, { tensor }]) => [name, place(tensor)]))
    const out = place(outputs[0]!)
    const key = `resfn ${program.key} ${Object.values({ ...places, out })
      .map(({ wide, high, count }) => `${wide}x${high} ${count}`)
      .join()}`
    const binary = (self.binaryCache[key] ??= compile(source(program, places, out), program)) as Binary
    const query = self.activeTimers == null ? undefined : self.startTimer()
    if (!env().getBool('ENGINE_COMPILE_ONLY')) draw(binary, inputs, outputs, program.numbers)
    if (self.activeTimers != null)
      self.activeTimers.push({ name: program.key, query: self.getQueryTime(self.endTimer(query)) })
    for (const [, { tensor, copied }] of given) if (copied) dispose(tensor)
    return outputs
  }
  return { backend, run, dispose }
}

/** The number of values of a shape. */
export const sizeOf = (shape: readonly number[]): number => util.sizeFromShape([...shape])
