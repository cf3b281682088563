"""HTTP for programs: `/v1`, bearer keys, problem+json, OpenAPI at `/docs`."""
