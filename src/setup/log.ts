/** The part of walkerOS' logger that setup writes to. Values go into the text: the walkerOS CLI drops log contexts. */
export interface SetupLog {
  info(message: string): void;
  warn(message: string): void;
}
