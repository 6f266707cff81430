export * from '@resfn/bottleneck'
export * from '@resfn/conv-bn'
export * from '@resfn/residual-block'
