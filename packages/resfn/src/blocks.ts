// Written by `pnpm check --fix`: every package that runs in browsers too.
export * from '@resfn/bottleneck'
export * from '@resfn/conv-bn'
export * from '@resfn/dense-block'
export * from '@resfn/efficient-channel-attention'
export * from '@resfn/makers'
export * from '@resfn/residual-block'
export * from '@resfn/squeeze-and-excitation'
export * from '@resfn/stage'
