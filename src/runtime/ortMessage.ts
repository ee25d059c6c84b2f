/** `/onnxruntime_src/…/x.cc:46 void onnxruntime::f(const std::function<void ()>&, int) `: ORT_ENFORCE and ORT_THROW. */
const FULL_LOCATION = /\S*[\\/]\S+\.(?:h|cc|cpp):\d+ [^()]*\((?:[^()]|\([^()]*\))*\)(?: const)? /g;
/** `Error: x.cc:461 Function `: ORT_RETURN_IF_ERROR. */
const SHORT_LOCATION = /(?:Error: )?\b\w+\.(?:h|cc|cpp):\d+ \S+ /g;

/** What onnxruntime says, without where in its source it says so. */
export function withoutSource(message: string): string {
  return message.replace(FULL_LOCATION, '').replace(SHORT_LOCATION, '');
}
