// Written by `pnpm check --fix`: every package that runs in browsers too.
export * from '@resfn/export'
export * from '@resfn/export-onnx'
export * from '@resfn/export-tfjs'
export * from '@resfn/import'
export * from '@resfn/inference'
export * from '@resfn/layout'
