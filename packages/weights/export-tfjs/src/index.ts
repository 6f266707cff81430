export type { NodeDef } from './graph-def.ts'
export {
  type ModelJson,
  type TfjsExportError,
  type TfjsModel,
  tfjsModel,
  type TfjsModelOptions,
  type WeightFile,
} from './tfjs-model.ts'
