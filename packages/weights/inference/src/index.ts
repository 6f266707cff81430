export {
  forInference,
  type ForInference,
  type InferenceParams,
  type ForInferenceOptions,
  InferenceError,
} from './for-inference.ts'
