// The reasons for having no native kernels.

/** Says why there is no library; its text begins a sentence that ends with what to do. */
export class NoLibrary extends Error {
  readonly todo: string;
  constructor(reason: string, todo: string, cause?: unknown) {
    super(reason, { cause });
    this.todo = todo;
  }
}

/** The system or the processor does not take an instruction of these kernels. */
export class DoesNotRun extends NoLibrary {}
