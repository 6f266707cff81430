export * from '@resfn/loop'
export * from '@resfn/losses'
export * from '@resfn/optimisers'
export * from '@resfn/schedules'
