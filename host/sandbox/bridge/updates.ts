/** States that are told to a plugin one after the other, the next when the last has arrived. Of those that a slow plugin has not heard, the oldest are left out. */

export class Updates<State> {
  readonly #send: (state: State) => Promise<unknown>;
  readonly #most: number;
  readonly #waiting: State[] = [];
  #running: Promise<void> | undefined;

  /** `most`: how many wait at most; 1 where only the last matters. */
  constructor(most: number, send: (state: State) => Promise<unknown>) {
    this.#most = most;
    this.#send = send;
  }

  push(state: State): void {
    this.#waiting.push(state);
    if (this.#waiting.length > this.#most) this.#waiting.shift();
    this.#running ??= this.#run();
  }

  /** When everything that was pushed has been heard. */
  async heard(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What fails has failed with the channel, or is more than fits it: the next state may do better.
      await this.#send(this.#waiting.shift() as State).catch(() => {});
    }
    this.#running = undefined;
  }
}
