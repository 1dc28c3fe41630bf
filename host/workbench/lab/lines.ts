/** Lines of what a process prints. */

export function readLines(stream: NodeJS.ReadableStream, call: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) call(line);
  });
}
