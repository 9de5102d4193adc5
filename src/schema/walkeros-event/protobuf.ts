/** The event's schema in Protobuf; the same columns as in Avro. */
export const protobufSchema = `syntax = "proto3";
package walkeros;

// A walkerOS event. In maps of strings, text is as it was; numbers, booleans, lists and objects are their JSON.
message Event {
  // Entity and action, or what a mapping renamed it to
  string name = 1;
  string id = 2;
  // Milliseconds since 1970, UTC
  int64 timestamp = 3;
  optional string entity = 4;
  optional string action = 5;
  optional string trigger = 6;
  // Seconds since the run began
  optional double timing = 7;
  map<string, string> data = 8;
  map<string, Context> context = 9;
  map<string, string> globals = 10;
  map<string, string> custom = 11;
  map<string, string> user = 12;
  map<string, bool> consent = 13;
  map<string, string> source = 14;
  repeated Entity nested = 15;
}

message Context {
  string value = 1;
  optional int32 index = 2;
}

message Entity {
  string entity = 1;
  map<string, string> data = 2;
  map<string, Context> context = 3;
  // Entities in this one, as JSON
  optional string nested = 4;
}
`;
