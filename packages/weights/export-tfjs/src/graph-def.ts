// Messages of TensorFlow's GraphDef as JSON, as far as they are written here.

/** The sizes of a tensor, as text. */
export type TensorShape = { readonly dim: readonly { readonly size: string }[] }

/** A setting of a node: text is in base64, numbers that may be large are text. */
export type AttrValue = {
  readonly s?: string
  readonly i?: string
  readonly f?: number
  readonly b?: boolean
  readonly type?: string
  readonly shape?: TensorShape
  readonly list?: { readonly i: readonly string[] }
}

/**
 * An operation of TensorFlow. An input is the name of a node, and `:1` and so on for outputs that are not the first.
 */
export type NodeDef = {
  readonly name: string
  readonly op: string
  readonly input: readonly string[]
  readonly attr: { readonly [name: string]: AttrValue }
}

export const text = (value: string): AttrValue => ({ s: btoa(value) })
export const int = (value: number): AttrValue => ({ i: String(value) })
export const ints = (values: readonly number[]): AttrValue => ({ list: { i: values.map(String) } })
export const float = (value: number): AttrValue => ({ f: value })
export const flag = (value: boolean): AttrValue => ({ b: value })

const floatType: AttrValue = { type: 'DT_FLOAT' }

/** The sizes of a value; -1 is one that is known when the model runs. */
export const shapeOf = (shape: readonly number[]): TensorShape => ({
  dim: shape.map((size) => ({ size: String(size) })),
})

/** A node with the type of elements that every operation of numbers has. */
export const nodeDef = (name: string, op: string, input: readonly string[], attr: NodeDef['attr'] = {}): NodeDef => ({
  name,
  op,
  input,
  attr: { T: floatType, ...attr },
})

/** A place where numbers are given from outside. */
export const placeholder = (name: string, shape: readonly number[]): NodeDef => ({
  name,
  op: 'Placeholder',
  input: [],
  attr: { dtype: floatType, shape: { shape: shapeOf(shape) } },
})

/** A tensor of the model; its numbers are in the files of weights. */
export const constant = (name: string, dtype: 'float32' | 'int32'): NodeDef => ({
  name,
  op: 'Const',
  input: [],
  attr: { dtype: dtype === 'float32' ? floatType : { type: 'DT_INT32' } },
})
