// Written by `pnpm check --fix`: every package that runs in browsers too.
export * from '@resfn/augment'
export * from '@resfn/batches'
export * from '@resfn/imagenet-classes'
export * from '@resfn/preprocessing'
export * from '@resfn/transforms'
