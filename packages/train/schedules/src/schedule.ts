/** A learning-rate schedule: from the step (a whole number from 0) to the learning rate of that step. */
export type Schedule = (step: number) => number
