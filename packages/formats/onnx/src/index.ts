export { encode, type EncodedModel, type EncodeOptions } from './encode.ts'
export type { AttributeValue, Dimension, ElementType, Initialiser, Model, OnnxError, Operator, Port } from './model.ts'
