#include "connectors/http/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/buffer.hpp>

#include "connectors/secret_file.h"
#include "lianqing/assert.h"

namespace lianqing::http {

namespace ssl = boost::asio::ssl;
using ErrorOfAsio = boost::system::error_code;

Result<std::shared_ptr<ssl::context>> server_context(const TlsFiles& files) {
  LQ_TRY(const std::string key, read_secret_file(files.key));
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  const auto refused = [](const std::string& path, const ErrorOfAsio& error) {
    return failure(ErrorCode::refused, path + " cannot be used for TLS: " + error.message());
  };
  ErrorOfAsio error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                           ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                           ssl::context::no_tlsv1_1 | ssl::context::no_compression |
                           ssl::context::single_dh_use,
                       error);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(context->native_handle(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_session_cache_mode(context->native_handle(), SSL_SESS_CACHE_OFF);
  context->use_certificate_chain_file(files.certificate, error);
  if (error) return refused(files.certificate, error);
  context->use_private_key(boost::asio::buffer(key), ssl::context::pem, error);
  if (error) return refused(files.key, error);
  if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return failure(ErrorCode::refused,
                   files.key + " is not the key of the certificate in " + files.certificate);
  }
  if (!files.client_ca.empty()) {
    context->load_verify_file(files.client_ca, error);
    if (error) return refused(files.client_ca, error);
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(files.client_ca.c_str());
    if (names != nullptr) SSL_CTX_set_client_CA_list(context->native_handle(), names);
    context->set_verify_mode(ssl::verify_peer, error);  // who has none may come with a token
    const unsigned char id[] = "lianqing";
    SSL_CTX_set_session_id_context(context->native_handle(), id, sizeof id - 1);
  }
  return context;
}

std::string proved_name(ssl::stream<boost::asio::ip::tcp::socket&>& stream) {
  SSL* const connection = stream.native_handle();
  X509* const certificate = SSL_get1_peer_certificate(connection);
  if (certificate == nullptr) return {};
  char name[256] = {};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             name, sizeof name);
  X509_free(certificate);
  if (SSL_get_verify_result(connection) != X509_V_OK || size <= 0) return {};
  return {name, static_cast<std::size_t>(size)};
}

}  // namespace lianqing::http
