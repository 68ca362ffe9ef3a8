/** The error that a call ends in, as "Name: message", for comparison whole. */
export const thrown = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return "nothing was thrown";
};
