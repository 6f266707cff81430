// Written by `pnpm check --fix`: every package that runs in browsers too.
export * from '@resfn/activation'
export * from '@resfn/batch-norm'
export * from '@resfn/conv2d'
export * from '@resfn/dense'
export * from '@resfn/identity-add'
export * from '@resfn/pool'
export * from '@resfn/projected-add'
export * from '@resfn/scale'
