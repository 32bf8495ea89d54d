namespace Souk.EmbeddedPostgres;

/// <summary>The server cannot be had; the message says why and what to do about it.</summary>
public sealed class EmbeddedPostgresException(string message, Exception? inner = null) : Exception(message, inner);
