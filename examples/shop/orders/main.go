// Orders: the service that a developer changes. In the cluster it runs as deployment/orders; locally it is a static
// binary in an image that holds nothing else, which no preload library could enter.
package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/lib/pq"
)

// Set by the linker: who answers: "orders in the cluster" or "orders on this machine".
var version = "an unnamed orders"

func main() {
	http.HandleFunc("/", order)
	http.HandleFunc("/connect", connect)
	http.HandleFunc("/resolve", resolve)
	http.HandleFunc("/download", download)
	log.Printf("%s listens on :8080", version)
	log.Fatal(http.ListenAndServe(":8080", nil))
}

// order answers with all that a service finds in its pod: the client, a row, a file, a secret, a variable.
func order(w http.ResponseWriter, r *http.Request) {
	log.Printf("%s %s from %s", r.Method, r.URL.Path, r.RemoteAddr)
	item, err := firstItem(r.Context())
	reply(w, map[string]string{
		"answered by": version,
		"client":      r.RemoteAddr,
		"row":         textOr(item, err),
		"banner":      fileText("/etc/orders/config/banner.txt"),
		"secret":      fileText("/etc/orders/secret/token"),
		"region":      os.Getenv("SHOP_REGION"),
	})
}

func firstItem(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	db, err := sql.Open("postgres", os.Getenv("DATABASE_URL"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	var item string
	err = db.QueryRowContext(ctx, "select item from orders order by id limit 1").Scan(&item)
	return item, err
}

// connect dials ?to=host:port and names what connect() said.
func connect(w http.ResponseWriter, r *http.Request) {
	conn, err := net.DialTimeout("tcp", r.URL.Query().Get("to"), 5*time.Second)
	if err == nil {
		conn.Close()
	}
	reply(w, map[string]string{"connect": outcome(err)})
}

func resolve(w http.ResponseWriter, r *http.Request) {
	addresses, err := net.DefaultResolver.LookupHost(r.Context(), r.URL.Query().Get("name"))
	reply(w, map[string]string{"addresses": strings.Join(addresses, " "), "outcome": outcome(err)})
}

// download sends ?bytes= pseudo-random bytes, and their digest as a trailer.
func download(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.ParseInt(r.URL.Query().Get("bytes"), 10, 64)
	if err != nil || size < 0 || size > 1<<30 {
		http.Error(w, "bytes: a number up to 1 GiB", http.StatusBadRequest)
		return
	}
	w.Header().Set("Trailer", "Digest")
	digest := sha256.New()
	source := rand.NewChaCha8([32]byte([]byte(time.Now().Format("20060102150405.000000000-0700____")[:32])))
	io.CopyN(io.MultiWriter(w, digest), source, size)
	w.Header().Set("Digest", hex.EncodeToString(digest.Sum(nil)))
}

func outcome(err error) string {
	var errno syscall.Errno
	var dns *net.DNSError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "NXDOMAIN"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "ECONNREFUSED"
	case errors.As(err, &errno):
		return errno.Error()
	default:
		return err.Error()
	}
}

func fileText(path string) string {
	content, err := os.ReadFile(path)
	return textOr(strings.TrimSpace(string(content)), err)
}

func textOr(text string, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return text
}

func reply(w http.ResponseWriter, value map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
