export { exportOnnx, type ExportOnnxOptions } from './export-onnx.ts'
export { type ModelOptions, onnxModel, type OnnxExportError } from './onnx-model.ts'
