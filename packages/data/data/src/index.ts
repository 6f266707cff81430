export * from '@resfn/batches'
export * from '@resfn/transforms'
