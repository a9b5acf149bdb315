// What to do about a GPU that fails, for the author of a page. It takes the place of advice.ts in
// the page's build (package.json, "browser").
export const ADVICE = {
  elsewhere: "Train on the processor: device: 'cpu'",
  lost: "Go on from the last checkpoint (resume), on the processor with device: 'cpu'",
  smaller: "Make batchSize smaller, or train on the processor: device: 'cpu'",
  missing: "Use the processor: device: 'cpu'",
} as const;
